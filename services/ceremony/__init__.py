"""`vouchsafe-admin`: what operators ask and wish of one service's log, with that service's own credentials."""
