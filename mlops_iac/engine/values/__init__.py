"""What flows: property values, their secrets, their way to and from Pulumi's wire."""
