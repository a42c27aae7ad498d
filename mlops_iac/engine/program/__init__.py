"""The program's side: what it asks for, and how it is run and answered. Only these files know Pulumi's runtime."""
