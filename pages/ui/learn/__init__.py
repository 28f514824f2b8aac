"""The Learn page: lessons, a step in slow motion, theory that moves, and the zoo. Its prose is in ``assets/learn``."""
