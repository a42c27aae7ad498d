"""What blueprints are made of: each part makes the components of one capability, grants what they need of one another,
and keeps what others wire to. A part has its own section of options; a blueprint names parts and wires.
"""
