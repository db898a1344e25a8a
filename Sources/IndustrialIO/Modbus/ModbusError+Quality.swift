public import IndustrialModel

extension ModbusError {
  /// The quality of a sample whose read failed so.
  public var quality: Quality {
    switch code {
    case .timeout: .badTimeout
    case .connectFailed, .connectionLost, .hostNotFound, .closed: .badNoCommunication
    case .malformedReply: .badCommunicationError
    case .invalidRequest, .invalidURL: .badConfigurationError
    case .exception: exception?.quality ?? .bad
    default: .bad
    }
  }
}

extension ExceptionCode {
  /// The quality of a sample whose read was refused so.
  var quality: Quality {
    switch self {
    case .illegalFunction: .badNotSupported
    case .illegalDataAddress, .illegalDataValue: .badConfigurationError
    case .serverDeviceFailure, .memoryParityError: .badDeviceFailure
    case .acknowledge, .serverDeviceBusy, .negativeAcknowledge: .badCommunicationError
    case .gatewayPathUnavailable, .gatewayTargetFailedToRespond: .badNoCommunication
    default: .bad
    }
  }
}
