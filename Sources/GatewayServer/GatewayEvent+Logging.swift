#if Server
  public import Gateway
  public import Logging

  extension GatewayEvent {
    /// Hands the event to swift-log: the message, and `source` and `phase` as metadata.
    ///
    /// ```swift
    /// let gateway = try await GatewayRuntime(configuration) { $0.log(to: logger) }
    /// ```
    public func log(to logger: Logger) {
      let level: Logger.Level =
        switch self.level {
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
      logger.log(
        level: level, "\(message)",
        metadata: ["source": "\(source)", "phase": "\(phase.rawValue)"], source: "Gateway")
    }
  }
#endif
