import CANCore
import DBC
import Formula
import StoreForward

print("  ran:      \(CANIdentifier(truncating: 0x123))")
