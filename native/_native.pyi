"""Types of the C extension (native/module/*.c); each has a pure twin, which is the reference."""
