"""What is reported: quarterly returns, their entries, forecasts and questions."""
