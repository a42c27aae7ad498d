"""The laws that our own components, blueprints and kinds of steps keep, for packages that bring their own.

A law is a function that takes a case and asserts. In a test of your package::

    import pytest
    from mlops_iac.testing.contracts import COMPONENT_LAWS, ComponentCase

    QUEUE = ComponentCase(kind=Queue, args=lambda ground: QueueArgs(key=ground.encryption.ref))


    @pytest.mark.parametrize("law", COMPONENT_LAWS, ids=lambda law: law.__name__)
    def test_the_queue_keeps(law):
        law(QUEUE)

`BLUEPRINT_LAWS` with `BlueprintCase`, `STEP_LAWS` with `StepCase`, `POLICY_LAWS` with `PolicyCase` and `SYSTEM_LAWS`
with `SystemCase` go the same way. They need no cloud.
"""

from __future__ import annotations

from mlops_iac.testing.contracts import components, policies, resources
from mlops_iac.testing.contracts.blueprints import BLUEPRINT_LAWS, BlueprintCase
from mlops_iac.testing.contracts.components import ComponentCase
from mlops_iac.testing.contracts.contexts import TRAINING_CONTEXTS
from mlops_iac.testing.contracts.external import SYSTEM_LAWS, SystemCase
from mlops_iac.testing.contracts.policies import PolicyCase
from mlops_iac.testing.contracts.steps import STEP_LAWS, StepCase
from mlops_iac.testing.contracts.world import Neighbours

COMPONENT_LAWS: tuple[components.Law, ...] = (
    components.an_unknown_transform_lists_the_real_ones,
    components.args_are_frozen_and_keyword_only,
    components.every_child_can_be_transformed_under_the_name_of_its_node,
    components.every_grant_names_its_owner,
    components.every_optional_argument_says_what_leaving_it_out_means,
    components.its_idle_cost_is_told,
    components.its_type_token_is_the_name_of_its_class,
    components.nodes_are_a_frozen_record,
    components.the_same_program_makes_the_same_documents,
    components.transforms_are_an_argument,
    components.two_of_a_kind_are_ordinary,
    resources.every_child_that_takes_tags_has_ours,
    resources.every_principal_is_named_and_bound_to_this_account,
    resources.every_role_has_the_boundary_and_one_policy,
    resources.everything_that_can_be_encrypted_with_the_key_is,
    resources.everything_that_it_grants_lies_within_the_boundary,
    resources.logs_do_not_grow_for_ever,
    resources.no_statement_allows_a_wildcard_action,
    resources.nothing_is_public,
    resources.only_what_aws_cannot_scope_is_allowed_on_every_resource,
    resources.physical_names_start_with_the_stack_and_keep_to_the_limit,
    resources.regulated_protects_what_holds_data,
    resources.standard_can_be_destroyed,
    resources.urns_are_unique,
)

POLICY_LAWS: tuple[policies.Law, ...] = (
    policies.it_changes_nothing,
    policies.it_keeps_calm_where_nothing_is_known,
    policies.it_keeps_calm_where_values_are_odd,
    policies.it_names_whose_advice_it_is,
    policies.its_examples_are_judged_as_they_say,
    policies.its_examples_are_of_what_it_looks_at,
    policies.its_parameters_are_explained,
    policies.its_words_help,
)

__all__ = [
    "BLUEPRINT_LAWS",
    "COMPONENT_LAWS",
    "POLICY_LAWS",
    "STEP_LAWS",
    "SYSTEM_LAWS",
    "TRAINING_CONTEXTS",
    "BlueprintCase",
    "ComponentCase",
    "Neighbours",
    "PolicyCase",
    "StepCase",
    "SystemCase",
]
