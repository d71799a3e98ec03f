"""The parts of a support bundle."""
