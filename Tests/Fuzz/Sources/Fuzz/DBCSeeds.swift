/// Small texts that together have every statement of the format, sound and unsound: small ones are tried more often.
let dbcSeeds: [String] = [
  """
  VERSION "1"
  NS_ :
  \tCM_
  \tBA_DEF_
  \tBU_SG_REL_
  BS_: 500 : 1,2
  BU_: Gateway Pump "odd"

  """,
  """
  BU_: G P
  VAL_TABLE_ States 2 "On" 1 "Off" -1 "x" 1.5 "y" ;
  BO_ 291 S: 8 P
   SG_ Mode M : 0|4@1+ (1,0) [0|15] "" G
   SG_ Flow m0 : 8|16@1- (0.1,-40) [-40|125.5] "l/min" G,Vector__XXX
   SG_ Pressure m1M : 15|12@0+ (1.5e-3,0) [0|6] "bar" Vector__XXX
   SG_ Deep m2 : 39|8@0- (1,0) [0|0] "" Vector__XXX
  VAL_ 291 Mode 3 "Fault" 0 "Idle" ;
  VAL_ 291 Flow States;
  SG_MUL_VAL_ 291 Deep Pressure 1-3, 5-5;

  """,
  """
  BO_ 2566834433 Drive: 64 Vector__XXX
   SG_ Speed : 0|32@1- (1,0) [0|0] "rpm" G
   SG_ Torque : 64|64@1- (1,0) [0|0] "Nm" G
   SG_ Nine : 131|61@0- (2,1) [0|0] "" G
   SG_ NineI : 200|64@1+ (2,1) [0|0] "" G
   SG_ Half : 300|16@1- (1,0) [0|0] "" G
  SIG_VALTYPE_ 2566834433 Speed : 1;
  SIG_VALTYPE_ 2566834433 Torque : 2;
  SIG_VALTYPE_ 2566834433 Half 3;

  """,
  """
  BU_: G P
  BO_ 1 A: 8 G
   SG_ X : 0|8@1+ (1,0) [0|0] "" P
  BO_TX_BU_ 1 : G,P;
  EV_ Ambient: 0 [-40|60] "C" 20 1 DUMMY_NODE_VECTOR0 G;
  EV_ T: 0 [0|0] "" 0 2 DUMMY_NODE_VECTOR8003 G,P;
  ENVVAR_DATA_ Ambient: 4;
  VAL_ Ambient 1 "a" 0 "b" ;
  SIG_GROUP_ 1 Group 1 : X X;

  """,
  """
  BU_: P
  BO_ 1 A: 8 P
   SG_ X : 0|8@1+ (1,0) [0|0] "" P
  EV_ E: 0 [0|1] "" 0 1 DUMMY_NODE_VECTOR0 P;
  CM_ "all of it";
  CM_ BU_ P "the pump";
  CM_ BO_ 1 "state
  of the pump";
  CM_ SG_ 1 X "with \\"quotes\\"";
  CM_ EV_ E "e";
  CM_ SG_ 1 No "n";

  """,
  """
  BU_: P
  BO_ 1 A: 8 P
   SG_ X : 0|8@1+ (1,0) [0|0] "" P
  BA_DEF_ "Plain" STRING ;
  BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
  BA_DEF_ SG_ "GenSigStartValue" FLOAT -1e9 1e9;
  BA_DEF_ BU_ "Kind" ENUM "a","b";
  BA_DEF_ EV_ "Hex" HEX 0 255;
  BA_DEF_DEF_ "Plain" "";
  BA_DEF_DEF_ "GenMsgCycleTime" 100;
  BA_DEF_DEF_ "Kind" "a";
  BA_ "Plain" "x";
  BA_ "GenMsgCycleTime" BO_ 1 20;
  BA_ "GenSigStartValue" SG_ 1 X 3.5;
  BA_ "Kind" BU_ P 1;

  """,
  """
  BU_: P
  BO_ 1 A: 8 P
   SG_ X : 0|8@1+ (1,0) [0|0] "" P
  EV_ E: 0 [0|1] "" 0 1 DUMMY_NODE_VECTOR0 P;
  BA_DEF_ EV_ "Hex" HEX 0 255;
  BA_DEF_REL_ BU_SG_REL_ "Timeout" INT 0 1;
  BA_DEF_REL_ BU_BO_REL_ "B" ENUM "a","b";
  BA_DEF_REL_ BU_EV_REL_ "C" STRING ;
  BA_DEF_DEF_REL_ "Timeout" 1;
  BA_REL_ "Timeout" BU_SG_REL_ P SG_ 1 X 100;
  BA_REL_ "B" BU_BO_REL_ P 1 1;
  BA_REL_ "C" BU_EV_REL_ P E "x";
  BA_ "Hex" EV_ E 7;

  """,
  """
  BO_ 2365475838 J: 8 V
   SG_ R : 0|16@1+ (0.125,0) [0|0] "rpm" V
   SG_ S : 16|2@1+ (1,0) [0|0] "" V
  BO_ 2365475839 K: 8 V
   SG_ R : 63|64@0+ (1,0) [0|0] "" V
  BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
  BA_DEF_DEF_ "VFrameFormat" "J1939PG";
  BA_ "VFrameFormat" BO_ 2365475838 3;
  BA_DEF_ BO_ "SystemMessageLongSymbol" STRING ;
  BA_DEF_ SG_ "SystemSignalLongSymbol" STRING ;
  BA_ "SystemMessageLongSymbol" BO_ 2365475838 "Long_J";
  BA_ "SystemSignalLongSymbol" SG_ 2365475838 R "Long_R";

  """,
  """
  SGTYPE_ T : 8@1+ (1,0) [0|255] "u" 0, V;
  BO_ 3 A: 8 P
   SG_ X : 0|8@0- (1,0) [0|0] "" P
  SIG_TYPE_REF_ 3 X : T;
  EV_DATA_ x y;
  CAT_DEF_ 1 "a" 2;
  FILTER 1;
  BA_SGTYPE_ "b" ;

  """,
  """
  VERSION ""
  // foreign
  /* and
  more */
  BO_ 4096 N: 8
   SG_ 1a : 7|8@0+ (0,0) [5|1] "" P ;
   SG_ Z : 60|8@1+ (10.,+.5) [-1e3|nan] "" P
   SG_ Z : 0|0@1+ (1,0) [0|0] "" P
  BO_ 4294967295 M: 1786 P
  BO_ 4096 N: 8 P
   SG_ C0 m0M : 0|8@1+ (1,0) [0|0] "" P
   SG_ C1 m1M : 8|8@1+ (1,0) [0|0] "" P
  SG_MUL_VAL_ 4096 C0 C1 0-3;
  SG_MUL_VAL_ 4096 C1 C0 9-3;
  CM_ BO_ 9 "open
  CM_ BU_ X "y"
  BO_ 5 Q: 99999999999999999999 P

  """,
  """
  BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 Vector__XXX
   SG_ Loose : 0|8@1+ (1,0) [0|0] "" P
  BO_ 7 W: 12 P
   SG_ L : 0|65@1+ (1,0) [0|0] "" P
   SG_ O m0 : 0|64@1+ (1,0) [0|0] "" P
   SG_ F : 64|24@1- (1,0) [0|0] "" P
  SIG_VALTYPE_ 7 F : 1;
  VAL_ 7 L 1 "a" 1 "b" 18446744073709551615 "c" -9223372036854775808 "d" ;
  BA_DEF_ SG_ "B" BOOL "n","y";
  BA_ "B" SG_ 7 F 2;

  """,
]
