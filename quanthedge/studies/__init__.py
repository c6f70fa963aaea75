"""Many runs, one answer: capacity, stress, the audit of look-ahead."""
