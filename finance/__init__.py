"""Money, periods and the splitting of pence: pure Python, no Django, no clock."""
