public import IndustrialModel

/// Why a stored value is what it is: from the bytes on the wire over decoding, formulas and rules to the buffer and the sinks.
///
/// ```swift
/// let why = try Explanation(of: "pump-01/power", at: time, dataFolder: "data")
/// print(why.jsonLine)
/// ```
/// It only looks, and may be made while the gateway runs. What is stored is read from the buffer, what came from the wire and what
/// was made of it from the journal, what became of it from the ledger and the dead-letter files. A part of which nothing is
/// known says so and why.
public struct Explanation: Sendable {
  /// A part that is known, or why it is not.
  public enum Part<Content: Sendable>: Sendable {
    /// What is known.
    case known(Content)
    /// Nothing is known; why, in words.
    case unknown(String)

    /// The content; nil where nothing is known.
    public var content: Content? {
      if case .known(let content) = self { content } else { nil }
    }
  }

  /// What a sample says, without its tag.
  public struct Reading: Sendable, Hashable {
    /// The value; `none` where there is none that could be used.
    public var value: Value
    /// How far it can be trusted.
    public var quality: Quality
    /// When the device says it was so; nil where it gave no time.
    public var sourceTime: Timestamp?
    /// When the gateway received it, by its clock.
    public var gatewayTime: Timestamp

    /// The device's time where it gave one, else the gateway's.
    public var time: Timestamp { sourceTime ?? gatewayTime }
  }

  /// How one sample came to be, before rules decided whether it is stored.
  public struct Origin: Sendable {
    /// The tag's path.
    public var tag: String
    /// The sample, after its checks.
    public var reading: Reading
    /// The number of the journal's record that ends the event.
    public var record: UInt64
    /// When the event happened, by the gateway's clock.
    public var time: Timestamp
    /// The configuration that held, 0 for one without a text.
    public var configuration: UInt32
    /// What it was made of.
    public var source: Source
    /// The checks of its rule that had something to look at, and what they did.
    public var checks: [Check]
  }

  /// What a sample was made of.
  public enum Source: Sendable {
    /// What came from a bus, and how it was read.
    case wire(Wire, Part<Decoding>)
    /// A formula.
    case formula(Formula)
    /// A window (`aggregate`) of another tag.
    case window(Window)
  }

  /// What came from a bus.
  public struct Wire: Sendable, Hashable {
    /// What kind of thing came.
    public enum Kind: String, Sendable {
      /// A frame of a CAN bus.
      case frame
      /// The answer to a request for registers.
      case registers
      /// A message of a broker.
      case message
      /// A value that needs no decoding: made up, recorded, or of the machine itself.
      case value
      /// The bus was lost.
      case lost
      /// The bus was there again.
      case back
    }

    /// The bus's name.
    public var bus: String
    /// What came.
    public var kind: Kind
    /// Where it stands on the wire: a frame's identifier, `unit 1 holding/10:2`, a topic; empty where there is no such place.
    public var place: String
    /// The bytes as they came, registers with the higher byte first; empty where nothing came.
    public var bytes: [UInt8]
    /// The value that came, where it needs no decoding.
    public var value: Value?
    /// When it came or, of a frame, when it was on the bus.
    public var time: Timestamp
  }

  /// How bytes were read as a number.
  public struct Decoding: Sendable, Hashable {
    /// What was read: `M.x` of a database, `holding/0` of a device, the place in a JSON document.
    public var name: String
    /// How it was read: its type and the order of its bytes, or its bits.
    public var form: String
    /// The number before scaling; nil where there is none.
    public var raw: Value?
    /// The factor from the raw number to the value.
    public var scale: Double
    /// What is added after scaling.
    public var offset: Double
    /// What came of it, before any check.
    public var result: Reading
  }

  /// A formula at one moment.
  public struct Formula: Sendable {
    /// Its text.
    public var expression: String
    /// What it was computed from, in the order of first appearance.
    public var inputs: [Input]
    /// So many of its functions remember something of the samples before; 0 for a formula without memory.
    public var functionsWithMemory: Int
    /// What they remembered before, in the form of `FormulaState.bytes`; empty without memory.
    public var memory: [UInt8]
    /// What came of it, before any check.
    public var result: Reading
    /// Why it gave no value; nil when it gave one.
    public var failure: String?
  }

  /// An input of a formula as it was used.
  public struct Input: Sendable {
    /// The tag.
    public var tag: String
    /// The number; not a number where there was none.
    public var value: Double
    /// Its quality.
    public var quality: Quality
    /// The time that the formula was told, which goes on steadily where the device gives none; nil when no value had come.
    public var time: Timestamp?
    /// How it came to be.
    public var origin: Part<[Origin]>
  }

  /// What was gathered in a window.
  public struct Window: Sendable {
    /// The tag whose samples went in.
    public var tag: String
    /// What was kept of them: `mean`, `max` and so on.
    public var function: String
    /// Where the window begins.
    public var start: Timestamp
    /// How long it is.
    public var length: Duration
    /// How many samples went in.
    public var count: Int
    /// How many of them had no usable value.
    public var unusable: Int
    /// The first that came.
    public var first: Reading?
    /// The last that came.
    public var last: Reading?
    /// The one with the smallest value.
    public var minimum: Reading?
    /// The one with the largest value.
    public var maximum: Reading?
    /// All of them in their order, of many the first 10,000.
    public var readings: [Reading]
    /// Whether samples before them may be missing, because the journal does not have them any more.
    public var isCutShort: Bool
  }

  /// A rule of the configuration.
  public struct Rule: Sendable, Hashable {
    /// The tag or the tags that it is for.
    public var pattern: String
    /// What it says of this, in words: `max 50`.
    public var words: String
  }

  /// A check that looked at a sample.
  public struct Check: Sendable, Hashable {
    /// Which one: `range`, `rate`, `gap`, `duplicate` or `class`.
    public var name: String
    /// Its rule and its limits.
    public var rule: Rule
    /// The number before, with which it was compared; nil where none was needed or there was none.
    public var before: Double?
    /// How long ago that was; nil where it is not known or of no matter.
    public var elapsed: Duration?
    /// The quality that it gave the sample; nil when it found nothing to doubt.
    public var quality: Quality?
  }

  /// What rules did with a sample on its way to the buffer.
  public struct Fate: Sendable {
    /// What became of it.
    public enum Kind: String, Sendable {
      /// It was stored.
      case stored
      /// It said nothing new.
      case suppressed
      /// It went into a window of which only the results are stored.
      case folded
      /// It came too late for its window.
      case dropped
      /// It waits for the next one, which shows whether it is needed.
      case held
      /// It was held back when the gateway was killed.
      case lost
    }

    /// What became of it.
    public var kind: Kind
    /// The rule by which; nil when there was none.
    public var rule: Rule?
    /// The sample with which it was compared; nil where there was none.
    public var compared: Reading?
    /// The window it went into.
    public var windowStart: Timestamp?
    /// What came of the window; empty while it is open.
    public var results: [Result]
    /// When it was decided, by the gateway's clock; nil while it is not.
    public var time: Timestamp?
    /// The number that the journal's replay gives it; nil when it was not stored.
    public var sequence: UInt64?
  }

  /// A sample that came of a window.
  public struct Result: Sendable, Hashable {
    /// Its tag.
    public var tag: String
    /// What it says.
    public var reading: Reading
    /// Its number.
    public var sequence: UInt64
  }

  /// A sample as it stands in the buffer.
  public struct Stored: Sendable, Hashable {
    /// Its number among all samples of the gateway.
    public var sequence: UInt64
    /// What it is for.
    public var sampleClass: SampleClass
    /// The lane of the buffer that has it: `events`, `telemetry` or `log`.
    public var lane: String
    /// The number of its record in the lane.
    public var record: UInt64
    /// The configuration under which it was acquired, 0 for one without a text.
    public var configuration: UInt32
    /// What it says.
    public var reading: Reading
  }

  /// What became of a stored sample for one sink.
  public struct Receipt: Sendable, Hashable {
    /// What became of it.
    public enum State: String, Sendable {
      /// The sink confirmed it.
      case delivered
      /// It is in the buffer for the sink.
      case waiting
      /// The sink refused it for good.
      case deadLettered = "dead-lettered"
      /// It is not for this sink.
      case withheld
      /// The full buffer gave it up before the sink had it.
      case evicted
      /// It can't be told.
      case unknown
    }

    /// The sink's name.
    public var sink: String
    /// What became of it.
    public var state: State
    /// How that is known, or why it is not.
    public var words: String
  }

  /// The configuration under which a sample was acquired.
  public struct Configuration: Sendable, Hashable {
    /// Its number, from 1 on.
    public var version: UInt32
    /// SHA-256 of its text; nil where the text is not there any more.
    public var digest: String?
    /// The file that has its text; nil where it is not there any more.
    public var file: String?
    /// When it began to hold, as the journal has it; nil where the journal does not.
    public var began: Timestamp?
    /// Where in its text the sample's tag, formula and rules stand.
    public var places: [Place]
  }

  /// A place in the text of a configuration.
  public struct Place: Sendable, Hashable {
    /// What stands there: `device`, `tag`, `formula`, `rule` or `group`.
    public var what: String
    /// The keys that lead there, joined by dots.
    public var path: String
    /// Its line, from 1 on.
    public var line: Int
  }

  /// The tag that was asked about.
  public var tag: String
  /// The time that was asked for.
  public var time: Timestamp
  /// How long before that time the sample is; zero when its time is exactly that.
  public var distance: Duration
  /// How many samples of the tag are known with the very time of this one, itself among them; the last stored one is explained.
  public var sameTime: Int
  /// How the sample came to be.
  public var origin: Part<Origin>
  /// What rules did with it.
  public var fate: Part<Fate>
  /// How it stands in the buffer.
  public var stored: Part<Stored>
  /// What became of it for each sink.
  public var receipts: Part<[Receipt]>
  /// Under which configuration it was acquired.
  public var configuration: Part<Configuration>
  /// What does not fit together: it should not be so.
  public var findings: [String]
  /// What else is to be known.
  public var notes: [String]

  /// What the sample says: as it is stored, else as it was acquired.
  public var reading: Reading? { stored.content?.reading ?? origin.content?.reading }
}

/// Why nothing can be explained.
public struct ExplanationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What happened.
  public var message: String
  /// The data folder.
  public var path: String
  /// What to do.
  public var advice: String

  /// The message, the folder and the advice.
  public var description: String { "\(message) [\(path)]; \(advice)" }
}
