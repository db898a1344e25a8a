#if Server
  public import Gateway
  public import ServiceLifecycle

  /// A gateway as a part of a program that `ServiceGroup` runs: it ends in its orderly way when the group shuts down.
  ///
  /// ```swift
  /// let group = ServiceGroup(
  ///   services: [GatewayService(gateway)], gracefulShutdownSignals: [.sigterm], logger: logger)
  /// try await group.run()
  /// ```
  public struct GatewayService: Service {
    private let gateway: GatewayRuntime
    private let grace: Duration

    /// - Parameters:
    ///   - gateway: To be run once.
    ///   - grace: How long sinks get at the end for what is left.
    public init(_ gateway: GatewayRuntime, grace: Duration = .seconds(5)) {
      self.gateway = gateway
      self.grace = grace
    }

    /// Works until the group shuts down, the task is cancelled or all sources have ended.
    public func run() async throws {
      let gateway = gateway
      let grace = grace
      try await cancelWhenGracefulShutdown { try await gateway.run(grace: grace) }
    }
  }
#endif
