public import Gateway

#if Server
  internal import NIOCore
  internal import NIOHTTP1
  internal import NIOPosix
#endif

/// Answers questions about a running gateway over HTTP: `/metrics`, `/health`, `/readyz`.
///
/// ```swift
/// let server = try await StatusServer(gateway, listeningOn: ServerOptions())
/// try await gateway.run()
/// await server.stop()
/// ```
///
/// It only tells, and what it tells holds no secrets and no values of tags. It has neither TLS nor passwords, so it listens on loopback unless
/// told otherwise; beyond the machine it belongs behind a proxy that has both. One thread, 64 connections, requests of 16 KiB and 30
/// seconds at most.
public final class StatusServer: Sendable {
  /// The port it listens on.
  public let port: UInt16

  #if Server
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    /// Begins to listen. Needs the package trait `Server`.
    ///
    /// - Throws: `ServerError` when the address can't be had.
    public init(_ gateway: GatewayRuntime, listeningOn options: ServerOptions)
      async throws(ServerError)
    {
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
      let guests = Guests(limit: 64)
      let bootstrap = ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 64)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(
              withPipeliningAssistance: true, withErrorHandling: true,
              withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
              withDecoderLimitConfiguration: AnswerHandler.limits)
            try channel.pipeline.syncOperations.addHandler(
              AnswerHandler(gateway: gateway, guests: guests))
          }
        }
      do {
        channel = try await bootstrap.bind(host: options.host, port: Int(options.port)).get()
      } catch {
        try? await group.shutdownGracefully()
        throw ServerError(
          "can't listen: \(error)", at: "\(options)",
          advice: "choose an address of this machine and a port that is free (server.listen)")
      }
      self.group = group
      port = UInt16(truncatingIfNeeded: channel.localAddress?.port ?? 0)
    }

    /// Ends it and all connections.
    public func stop() async {
      try? await channel.close()
      try? await group.shutdownGracefully()
    }
  #else
    /// Begins to listen. Needs the package trait `Server`.
    ///
    /// - Throws: `ServerError` that names the trait: this was built without it.
    public init(_ gateway: GatewayRuntime, listeningOn options: ServerOptions)
      async throws(ServerError)
    {
      throw ServerError(
        "this was built without the package trait 'Server'", at: "\(options)",
        advice: "build it with: swift build --traits Server")
    }

    /// Ends it and all connections.
    public func stop() async {}
  #endif
}
