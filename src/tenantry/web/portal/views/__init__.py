"""The pages of the portal, a module per place."""
