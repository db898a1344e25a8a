// swift-tools-version: 6.2
import PackageDescription

// Apart from the main package, because everything in here is built with the fuzzer's instrumentation.
let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "iiot", path: "../..")],
  targets: [
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "CLibFuzzer",
        .product(name: "CANCore", package: "iiot"),
        .product(name: "DBC", package: "iiot"),
        .product(name: "Formula", package: "iiot"),
        .product(name: "StoreForward", package: "iiot"),
        .product(name: "IndustrialModel", package: "iiot"),
        .product(name: "CANLog", package: "iiot"),
        .product(name: "Modbus", package: "iiot"),
        .product(name: "MQTT", package: "iiot"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
    .target(name: "CLibFuzzer"),
  ]
)
