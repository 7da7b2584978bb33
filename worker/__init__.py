"""Run the agent: settings, and the local development stack. Knows nothing of what is said."""
