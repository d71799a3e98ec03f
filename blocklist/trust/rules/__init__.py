"""What is enforced and what is not, as pure rules over packed tokens."""
