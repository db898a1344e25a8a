import DBC

extension FuzzTarget {
  /// A database's text; then frames of bits that the text itself gives are decoded and encoded by it.
  static let dbc = FuzzTarget(name: "dbc", texts: [sample]) { bytes in
    _ = try? Database(parsing: bytes, mode: .strict)
    guard let database = try? Database(parsing: bytes) else { return }
    let decoder = database.decoder()
    let encoder = database.encoder()
    var data = Array(bytes.prefix(64))
    for message in database.messages.prefix(50) {
      _ = message.attribute("GenMsgCycleTime")
      for signal in message.signals {
        _ = signal.unit
        _ = signal.attribute("GenSigStartValue")
      }
      let decoded = decoder.decode(message, bytes: data)
      for value in decoded.signals { _ = value.choice }
      data.append(data.isEmpty ? 0 : data.removeFirst())
      let inputs = Dictionary(
        decoded.signals.map { ($0.name, SignalInput.value($0.value)) }, uniquingKeysWith: { $1 })
      _ = try? encoder.encode(message.name, inputs)
    }
  }
}

private let sample = """
  VERSION "1"
  NS_ :
  \tCM_
  \tBA_DEF_
  BS_: 500 : 1,2
  BU_: Gateway Pump "odd"
  VAL_TABLE_ States 2 "On" 1 "Off" 0 ;
  BO_ 291 Pump_Status: 8 Pump
   SG_ Mode M : 0|4@1+ (1,0) [0|15] "" Gateway
   SG_ Flow m0 : 8|16@1- (0.1,-40) [-40|125.5] "l/min" Gateway,Vector__XXX
   SG_ Pressure m1M : 15|12@0+ (1.5e-3,0) [0|6] "bar" Vector__XXX
   SG_ Deep m2 : 39|8@0- (1,0) [0|0] "" Vector__XXX
  BO_ 2566834433 Drive: 64 Vector__XXX
   SG_ Speed : 0|32@1- (1,0) [0|0] "rpm" Gateway
   SG_ Torque : 64|64@1- (1,0) [0|0] "Nm" Gateway
  BO_TX_BU_ 291 : Gateway,Pump;
  EV_ Ambient: 0 [-40|60] "C" 20 1 DUMMY_NODE_VECTOR0 Gateway;
  ENVVAR_DATA_ Ambient: 4;
  CM_ "all of it";
  CM_ BU_ Pump "the pump";
  CM_ BO_ 291 "state
  of the pump";
  CM_ SG_ 291 Flow "with \\"quotes\\"";
  BA_DEF_ "Plain" STRING ;
  BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
  BA_DEF_ SG_ "GenSigStartValue" FLOAT -1e9 1e9;
  BA_DEF_ BU_ "Kind" ENUM "a","b";
  BA_DEF_ EV_ "Hex" HEX 0 255;
  BA_DEF_REL_ BU_SG_REL_ "Timeout" INT 0 1;
  BA_DEF_DEF_ "Plain" "";
  BA_DEF_DEF_ "GenMsgCycleTime" 100;
  BA_DEF_DEF_ "Kind" "a";
  BA_ "GenMsgCycleTime" BO_ 291 20;
  BA_ "GenSigStartValue" SG_ 291 Flow 3.5;
  BA_ "Kind" BU_ Pump 1;
  VAL_ 291 Mode 3 "Fault" 0 "Idle" ;
  VAL_ 291 Flow States;
  SIG_GROUP_ 291 Group 1 : Mode Flow;
  SIG_VALTYPE_ 2566834433 Speed : 1;
  SIG_VALTYPE_ 2566834433 Torque : 2;
  SG_MUL_VAL_ 291 Deep Pressure 1-3, 5-5;

  """
