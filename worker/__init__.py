"""Runs the agent: settings, hosting, and the local development stack. Knows nothing of what is said."""
