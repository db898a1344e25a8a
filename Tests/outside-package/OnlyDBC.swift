import DBC

// On purpose: a user's warning must not become an error by our settings.
func warnsOnPurpose() { let unused = 1 }

let database = try Database(
  parsing: """
    BO_ 291 Pump: 8 Vector__XXX
     SG_ Flow : 8|16@1- (0.1,-40) [-40|125] "l/min" Vector__XXX

    """)
let decoder = database.decoder()
guard let message = database.message(named: "Pump") else { preconditionFailure("no message") }
let decoded = decoder.decode(message, bytes: [0, 0xFA, 0, 0, 0, 0, 0, 0])
precondition(decoded["Flow"]?.value == -15, "\(decoded)")
print("  ran:      Flow \(decoded["Flow"]?.value ?? .nan) \(decoded["Flow"]?.unit ?? "")")
