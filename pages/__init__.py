"""The pages of the app; each reads like its screen."""
