import Modbus
import Testing

@Suite("Addresses of devices are read as people write them")
struct ModbusURLTests {
  @Test(
    "good ones",
    arguments: [
      ("modbus://10.0.0.10", "modbus://10.0.0.10:502?unit=1"),
      ("modbus://plc-7.plant.local:1502?unit=17", "modbus://plc-7.plant.local:1502?unit=17"),
      ("modbus://h/?unit=0", "modbus://h:502?unit=0"),
      ("MODBUS://h?unit=255&timeout=250ms", "modbus://h:502?unit=255&timeout=250ms"),
      ("modbus://h?timeout=2s&inflight=8", "modbus://h:502?unit=1&timeout=2000ms&inflight=8"),
      ("modbus://[fe80::1]:5020?unit=3", "modbus://[fe80::1]:5020?unit=3"),
      ("modbus://[::1]", "modbus://[::1]:502?unit=1"),
      ("modbus+rtu://gw:4001?unit=3", "modbus+rtu://gw:4001?unit=3"),
      (
        "modbus+rtu:///dev/ttyUSB0?baud=9600&parity=n&unit=7",
        "modbus+rtu:///dev/ttyUSB0?unit=7&baud=9600&parity=N&stop=1"
      ),
      (
        "modbus+rtu:///dev/ttyS1?rs485=1&stop=2",
        "modbus+rtu:///dev/ttyS1?unit=1&baud=19200&parity=E&stop=2&rs485=1"
      ),
    ])
  func good(text: String, canonical: String) throws {
    let url = try ModbusURL(text)
    #expect(url.description == canonical)
    #expect(try ModbusURL(url.description) == url)
  }

  @Test(
    "bad ones name their fault",
    arguments: [
      ("", "does not begin"), ("10.0.0.10:502", "does not begin"),
      ("http://h", "scheme"), ("modbus://", "host"), ("modbus://:502", "host"),
      ("modbus://h:0", "port"), ("modbus://h:70000", "port"), ("modbus://h:", "port"),
      ("modbus://h:+5", "port"), ("modbus://h/path", "path"), ("modbus://me@h", "password"),
      ("modbus://::1", "brackets"), ("modbus://[::1", "]"), ("modbus://[::1]x", "PORT"),
      ("modbus://h?unit=256", "unit"), ("modbus://h?unit=-1", "unit"), ("modbus://h?unit=", "unit"),
      ("modbus://h?unit", "KEY=VALUE"), ("modbus://h?", "KEY=VALUE"),
      ("modbus://h?unit=1&unit=2", "twice"), ("modbus://h?slave=1", "slave"),
      ("modbus://h?timeout=0ms", "timeout"), ("modbus://h?timeout=5", "timeout"),
      ("modbus://h?timeout=99999999999s", "timeout"), ("modbus://h?inflight=65", "inflight"),
      ("modbus://a b", "blank"),
      ("modbus+rtu://gw", "port"), ("modbus+rtu://gw:1?baud=9600", "baud"),
      ("modbus+rtu:///dev/x?baud=1", "baud"),
      ("modbus+rtu:///dev/x?baud=9k6", "baud must be a number"),
      ("modbus+rtu:///dev/x?baud=14400", "14400 baud, the nearest is 9600 or 19200"),
      ("modbus+rtu:///dev/x?baud=50", "the nearest is 110"),
      ("modbus+rtu:///dev/x?baud=5000000", "the nearest is 4000000"),
      ("modbus+rtu:///dev/x?parity=X", "parity"),
      ("modbus+rtu:///dev/x?stop=3", "stop"), ("modbus+rtu:///dev/x?rs485=yes", "rs485"),
    ])
  func bad(text: String, fault: String) {
    let error = #expect(throws: ModbusError.self) { try ModbusURL(text) }
    #expect(error?.code == .invalidURL)
    #expect(error?.message.contains(fault) == true, "\(error?.message ?? "")")
    #expect(error?.advice != nil)
  }
}
