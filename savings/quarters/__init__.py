"""The quarters that councils report on, their dates and locks."""
