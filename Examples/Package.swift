// swift-tools-version: 6.2
import PackageDescription

// Five small programs, each with the module that it is about and nothing else.
let package = Package(
  name: "Examples",
  dependencies: [.package(name: "iiot", path: "..")],
  targets: [
    program("LogPLC", ["IndustrialModel", "Modbus", "Sinks"]),
    program("PlotRecording", ["CANLog", "DBC"]),
    program("FormulaStream", ["Formula"]),
    program("SteadyBuffer", ["StoreForward"]),
    program("EmbeddedGateway", ["Gateway"]),
  ])

func program(_ name: String, _ products: [String]) -> Target {
  .executableTarget(
    name: name, dependencies: products.map { .product(name: $0, package: "iiot") },
    swiftSettings: [.swiftLanguageMode(.v6)])
}
