"""One witness: co-signs the log as long as it only grows."""
