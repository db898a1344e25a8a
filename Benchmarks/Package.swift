// swift-tools-version: 6.2
import PackageDescription

let rules: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// The benchmarks of one module: an executable `<module>Benchmarks` from `Suites/<module>`.
func suite(
  _ module: String, uses products: String..., with input: String...,
  plugins: [Target.PluginUsage] = []
) -> Target {
  .executableTarget(
    name: "\(module)Benchmarks",
    dependencies: ["Harness"] + input.map { .byName(name: $0) }
      + products.map { .product(name: $0, package: "iiot") },
    path: "Suites/\(module)",
    swiftSettings: rules, plugins: plugins)
}

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "iiot", path: "..", traits: ["Gateway"])],
  targets: [
    // One line a module.
    suite("CANCore", uses: "CANCore"),
    suite("IndustrialModel", uses: "IndustrialModel"),
    suite("Sinks", uses: "IndustrialModel", "Sinks"),
    suite("DBC", uses: "DBC"),
    suite(
      "DBCGenerated", uses: "CANCore", "DBC",
      plugins: [.plugin(name: "DBCPlugin", package: "iiot")]),
    suite("StoreForward", uses: "StoreForward"),
    suite("Modbus", uses: "Modbus"),
    suite("Formula", uses: "Formula"),
    suite("CANLog", uses: "CANLog"),
    suite("MQTT", uses: "MQTT", "StoreForward"),
    suite(
      "CANSignals", uses: "CANSignals", "CANLog", "DBC", "IndustrialModel", with: "BusRecording"),
    suite("SocketCAN", uses: "SocketCAN", "CANCore", with: "CFlood"),
    suite("Gateway", uses: "Gateway", "CANCore", with: "BusRecording"),

    .target(
      name: "BusRecording",
      dependencies: [
        .product(name: "CANCore", package: "iiot"), .product(name: "CANLog", package: "iiot"),
      ], swiftSettings: rules),

    .target(
      name: "Harness", dependencies: ["CCounters"], path: "Sources/Harness", swiftSettings: rules),
    .target(name: "CCounters", path: "Sources/CCounters"),
    .target(name: "CFlood", path: "Sources/CFlood"),
  ]
)
