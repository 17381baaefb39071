"""Money, periods and splitting pence: pure Python, no Django, no clock."""
