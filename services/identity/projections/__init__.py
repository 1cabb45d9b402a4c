"""The views that identity queries."""
