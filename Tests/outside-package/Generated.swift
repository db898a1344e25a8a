import CANCore

// `Car` is made from Car.dbc by the plug-in while this package is built: value tables, pages, floats, a CAN FD message.
func check(_ isRight: Bool, _ what: Any) {
  guard isRight else { fatalError("\(what) came back as something else") }
}

var status = Car.EngineStatus()
status.engineRPM = 850
status.gear = .reverse
let frame = CANFrame(identifier: Car.EngineStatus.identifier, payload: status.payload)
guard case .engineStatus(let received)? = Car.Message(frame), received == status,
  received.engineRPM == 850, received.gear.description == "Reverse"
else { fatalError("the frame \(frame.payload) came back as something else") }
print("  \(frame.payload) is \(received.engineRPM) 1/min in gear \(received.gear)")

var axes = Car.Axes()
axes.page = 1
axes.angle = -12.34
let turned = Car.Axes(payload: axes.payload)
check(turned?.angle == -12.25 && turned?.counts == nil, axes)
axes.page = 2
axes.counts = -7
check(Car.Axes(payload: axes.payload)?.counts == -7, axes)

var measured = Car.Measurements()
measured.pressure = 1.5
measured.energy = 21
measured.ratio = -0.25
measured.serial = .max
measured.valve = 33.4
let payload = measured.payload
let back = Car.Measurements(payload: payload)
check(payload.count == 32 && back?.pressure == 1.5 && back?.energy == 21, measured)
check(back?.ratio == -0.25 && back?.serial == .max && back?.valve == 33.5, measured)
measured.valve = 1000
check(Car.Measurements(payload: measured.payload)?.valveChoice == .notAvailable, measured)
