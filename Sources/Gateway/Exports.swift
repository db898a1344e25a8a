/// `import Gateway` brings what its configuration is made of along.
@_exported public import IndustrialModel
@_exported public import Modbus
@_exported public import Sinks
