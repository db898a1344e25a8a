import DBC

// On purpose: a user's warning must not become an error by our settings.
func warnsOnPurpose() { let unused = 1 }

print("  ran:      \(CANIdentifier(truncating: 0x8000_0123))")
