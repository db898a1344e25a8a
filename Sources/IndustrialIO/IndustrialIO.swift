/// The umbrella: one import for every protocol client and the vocabulary they share.
@_exported public import CANLog
@_exported public import CANSignals
@_exported public import CANTransport
@_exported public import IndustrialModel
@_exported public import MQTT
@_exported public import Modbus
@_exported public import SocketCAN
