//! Custodians in a run: who is called where and when, and ceremonies and drills as they come round.
