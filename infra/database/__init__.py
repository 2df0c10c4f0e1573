"""What an administrator does in the database that Bicep cannot."""
