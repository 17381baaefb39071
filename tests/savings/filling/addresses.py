"""The return that tests of calls by API are about."""

WCC = "returns/WCC/2013-14-Q1/"
