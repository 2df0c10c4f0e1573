"""Stand-ins for the model providers and the product service, speaking their real wire formats."""
