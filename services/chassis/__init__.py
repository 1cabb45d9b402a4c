"""What every service stands on: events, messages, calls, telemetry. No noun of any one service lives here."""
