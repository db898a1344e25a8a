import CANCore

// `Car` is made from Car.dbc by the plug-in while this package is built.
var status = Car.EngineStatus()
status.engineRPM = 850
status.gear = .reverse
let frame = CANFrame(identifier: Car.EngineStatus.identifier, payload: status.payload)
guard case .engineStatus(let received)? = Car.Message(frame), received == status,
  received.engineRPM == 850, received.gear.description == "Reverse"
else { fatalError("the frame \(frame.payload) came back as something else") }
print("  \(frame.payload) is \(received.engineRPM) 1/min in gear \(received.gear)")
