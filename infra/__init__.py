"""The Azure deployment: Bicep, its parameters, and the commands that follow it."""
