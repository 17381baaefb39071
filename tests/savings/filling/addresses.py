"""The return that tests of the API call."""

WCC = "returns/WCC/2013-14-Q1/"
