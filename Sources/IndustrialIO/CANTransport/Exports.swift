/// `import CANTransport` brings the frame vocabulary along.
@_exported public import CANCore
