// swift-tools-version: 6.2
import PackageDescription

// One set of rules for every Swift target of ours (docs/architecture.md says why).
let rules: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// A library target that is also a product of the same name.
func library(
  _ name: String, path: String? = nil, sources: [String]? = nil, exclude: [String] = [],
  dependencies: [Target.Dependency] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: path, exclude: exclude, sources: sources,
    swiftSettings: rules)
}

func tests(
  _ name: String, dependencies: [Target.Dependency], exclude: [String] = [],
  plugins: [Target.PluginUsage] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude,
    swiftSettings: rules, plugins: plugins)
}

func systemLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let industrialIO = "Sources/IndustrialIO"

// The leaves: no dependency outside the standard library and the platform's C library.
let leaves: [Target] = [
  library("CANCore"),
  library("DBC", dependencies: ["CANCore", "CDecodeKernels"]),
  library("DBCGenerator", dependencies: ["DBC"]),
  library("Formula", dependencies: ["CFormulaKernels"]),
  library("StoreForward", dependencies: ["CCRC32C"]),
]

// Protocol clients: a target each, so that nobody needs libmodbus to read a CAN log.
let protocols: [Target] = [
  library("IndustrialModel", path: "\(industrialIO)/Model"),
  library(
    "Modbus", path: "\(industrialIO)/Modbus",
    dependencies: ["IndustrialModel", "IOThreads", "CModbus"]),
  library(
    "MQTT", path: "\(industrialIO)/MQTT",
    dependencies: ["IndustrialModel", "CMosquitto", "IOThreads"]),
  library(
    "CANLog", path: "\(industrialIO)/CANLog",
    dependencies: ["CANCore", "IndustrialModel", "CZlib", "IOThreads"]),
  library(
    "CANTransport", path: "\(industrialIO)/CANTransport", dependencies: ["CANCore"]),
  library(
    "SocketCAN", path: "\(industrialIO)/SocketCAN",
    dependencies: ["CANCore", "CANTransport", "CSocketCAN", "IOThreads"]),
  library(
    "CANSignals", path: "\(industrialIO)/CANSignals",
    dependencies: ["CANCore", "CANTransport", "DBC", "IndustrialModel"]),
  library(
    "IndustrialIO", path: industrialIO,
    sources: ["IndustrialIO.swift"],
    exclude: ["Model", "Modbus", "MQTT", "CANLog", "CANTransport", "SocketCAN", "CANSignals"],
    dependencies: [
      "IndustrialModel", "Modbus", "MQTT", "CANLog", "CANTransport", "SocketCAN", "CANSignals",
    ]),
]

let compositions: [Target] = [
  library(
    "Sinks",
    dependencies: [
      "IndustrialModel", "IOThreads", "MQTT",
      .target(name: "CCurl", condition: .when(traits: ["HTTP"])),
      .target(name: "CZlib", condition: .when(traits: ["HTTP"])),
      .product(name: "GRDB", package: "GRDB.swift", condition: .when(traits: ["History"])),
    ]),
  library(
    "PlantSimulator",
    dependencies: ["CANCore", "DBC", "IndustrialModel", "Modbus"]),
  library(
    "Gateway",
    dependencies: [
      "Formula", "StoreForward", "IndustrialIO", "Sinks", "CZlib", "IOThreads",
      .product(name: "Yams", package: "Yams", condition: .when(traits: ["Gateway"])),
      "CCrypto",
    ]),
  library(
    "GatewayServer",
    dependencies: [
      "Gateway", "IndustrialModel", "Sinks",
      .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Server"])),
      .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Server"])),
      .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Server"])),
      .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Server"])),
      .product(
        name: "ServiceLifecycle", package: "swift-service-lifecycle",
        condition: .when(traits: ["Server"])),
    ]),
]

let package = Package(
  name: "iiot",
  products: (leaves + protocols + compositions).map {
    .library(name: $0.name, targets: [$0.name])
  } + [
    .executable(name: "iiotctl", targets: ["iiotctl"]),
    .plugin(name: "DBCPlugin", targets: ["DBCPlugin"]),
  ],
  traits: [
    .trait(name: "Gateway", description: "YAML configuration of the gateway (adds Yams)."),
    .trait(
      name: "HTTP", description: "Sinks that speak HTTP: InfluxDB, web servers (needs libcurl)."),
    .trait(name: "History", description: "The local history in SQLite, and reports (adds GRDB)."),
    .trait(
      name: "Server",
      description: "Metrics and health over HTTP, swift-log, service lifecycle (adds SwiftNIO)."),
    .default(enabledTraits: []),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: leaves + protocols + compositions + [
    .executableTarget(
      name: "iiotctl",
      dependencies: [
        "DBC", "DBCGenerator", "Formula", "StoreForward", "IndustrialIO", "Sinks", "Gateway",
        "GatewayServer", "PlantSimulator",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: rules),

    // Swift from DBC files while a package is built: a plug-in, and the small program that it runs.
    .executableTarget(
      name: "dbc-generate", dependencies: ["DBC", "DBCGenerator"], swiftSettings: rules),
    .plugin(name: "DBCPlugin", capability: .buildTool(), dependencies: ["dbc-generate"]),

    // Owned threads and their queues; internal to the protocol clients, not a product.
    .target(name: "IOThreads", dependencies: ["CIOThreads"], swiftSettings: rules),
    .target(name: "CIOThreads"),

    // C: system libraries and the little that Swift cannot say.
    systemLibrary("CModbus", pkgConfig: "libmodbus", apt: "libmodbus-dev"),
    systemLibrary("CSocketCAN", pkgConfig: "libsocketcan", apt: "libsocketcan-dev"),
    systemLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    systemLibrary("CMosquitto", pkgConfig: "libmosquitto", apt: "libmosquitto-dev"),
    systemLibrary("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    systemLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    .target(name: "CCRC32C"),
    .target(name: "CDecodeKernels"),
    .target(name: "CFormulaKernels"),

    .target(
      name: "TestSupport", dependencies: ["CTestSupport"], path: "Tests/TestSupport",
      swiftSettings: rules),
    .target(name: "CTestSupport", path: "Tests/CTestSupport"),
    tests("CANCoreTests", dependencies: ["CANCore"]),
    tests("DBCTests", dependencies: ["DBC"]),
    tests(
      "DBCGeneratorTests", dependencies: ["DBC", "DBCGenerator", "CANCore"],
      plugins: ["DBCPlugin"]),
    tests("FormulaTests", dependencies: ["Formula"]),
    tests("StoreForwardTests", dependencies: ["StoreForward"]),
    tests("ModelTests", dependencies: ["IndustrialModel"]),
    tests("ModbusTests", dependencies: ["Modbus", "IndustrialModel", "CModbus"]),
    tests(
      "PlantSimulatorTests",
      dependencies: ["PlantSimulator", "CANCore", "DBC", "IndustrialModel", "Modbus"]),
    tests("MQTTTests", dependencies: ["MQTT", "CMosquitto", "IndustrialModel"]),
    tests("CANLogTests", dependencies: ["CANLog", "CANCore"]),
    tests("CANTransportTests", dependencies: ["CANTransport", "CANCore", "DBC"]),
    tests("CANSignalsTests", dependencies: ["CANSignals", "DBC", "IndustrialModel"]),
    tests("SocketCANTests", dependencies: ["SocketCAN", "CANTransport", "CANCore"]),
    tests("IOThreadsTests", dependencies: ["IOThreads"]),
    tests("SinksTests", dependencies: ["Sinks", "IndustrialModel", "MQTT"]),
    tests(
      "GatewayTests",
      dependencies: ["Gateway", "IndustrialIO", "PlantSimulator", "Sinks", "StoreForward"]),
    tests(
      "GatewayServerTests",
      dependencies: [
        "GatewayServer", "Gateway",
        .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Server"])),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle",
          condition: .when(traits: ["Server"])),
      ]),
    tests("CommandTests", dependencies: []),
    tests("PeerTests", dependencies: ["Sinks", "IndustrialModel", "MQTT"]),
  ]
)
