"""The councils, the people who act for them, and decisions that need every council."""
