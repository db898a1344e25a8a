extension PlantBus {
  /// The bus as a DBC file.
  public static let databaseText = #"""
    VERSION "1.0"

    NS_ :
    	CM_
    	BA_DEF_
    	BA_
    	VAL_
    	BA_DEF_DEF_
    	SIG_VALTYPE_

    BS_:

    BU_: DRIVE1 DRIVE2 CONTROLLER POWER

    BO_ 256 PumpDrive1_Status: 8 DRIVE1
     SG_ Speed : 0|16@1+ (0.1,0) [0|2000] "1/min" CONTROLLER
     SG_ Torque : 23|16@0- (0.1,0) [-1000|1000] "N.m" CONTROLLER
     SG_ Current : 32|12@1+ (0.1,0) [0|409.5] "A" CONTROLLER,POWER
     SG_ State : 44|4@1+ (1,0) [0|5] "" CONTROLLER
     SG_ SpeedSetpoint : 48|8@1+ (0.5,0) [0|100] "%" CONTROLLER
     SG_ AliveCounter : 56|4@1+ (1,0) [0|15] "" CONTROLLER

    BO_ 257 PumpDrive2_Status: 8 DRIVE2
     SG_ Speed : 0|16@1+ (0.1,0) [0|2000] "1/min" CONTROLLER
     SG_ Torque : 23|16@0- (0.1,0) [-1000|1000] "N.m" CONTROLLER
     SG_ Current : 32|12@1+ (0.1,0) [0|409.5] "A" CONTROLLER,POWER
     SG_ State : 44|4@1+ (1,0) [0|5] "" CONTROLLER
     SG_ SpeedSetpoint : 48|8@1+ (0.5,0) [0|100] "%" CONTROLLER
     SG_ AliveCounter : 56|4@1+ (1,0) [0|15] "" CONTROLLER

    BO_ 2566852609 PumpDrive1_Diagnostics: 8 DRIVE1
     SG_ Page M : 0|8@1+ (1,0) [0|1] "" CONTROLLER
     SG_ WindingTemperature m0 : 8|12@1+ (0.1,-40) [-40|300] "Cel" CONTROLLER
     SG_ Vibration m0 : 24|16@1+ (0.01,0) [0|100] "mm/s" CONTROLLER
     SG_ RunTime m1 : 8|32@1+ (1,0) [0|4294967295] "s" CONTROLLER
     SG_ Fault m1 : 40|1@1+ (1,0) [0|1] "" CONTROLLER

    BO_ 2566852610 PumpDrive2_Diagnostics: 8 DRIVE2
     SG_ Page M : 0|8@1+ (1,0) [0|1] "" CONTROLLER
     SG_ WindingTemperature m0 : 8|12@1+ (0.1,-40) [-40|300] "Cel" CONTROLLER
     SG_ Vibration m0 : 24|16@1+ (0.01,0) [0|100] "mm/s" CONTROLLER
     SG_ RunTime m1 : 8|32@1+ (1,0) [0|4294967295] "s" CONTROLLER
     SG_ Fault m1 : 40|1@1+ (1,0) [0|1] "" CONTROLLER

    BO_ 512 Tanks: 8 CONTROLLER
     SG_ Level1 : 7|16@0+ (0.001,0) [0|10] "m" POWER
     SG_ Level2 : 23|16@0+ (0.001,0) [0|10] "m" POWER
     SG_ Demand : 32|12@1+ (0.1,0) [0|200] "m3/h" POWER
     SG_ SupplyOpen : 44|1@1+ (1,0) [0|1] "" POWER
     SG_ Automatic : 45|1@1+ (1,0) [0|1] "" POWER

    BO_ 768 Breakers: 8 POWER
     SG_ Voltage : 0|16@1+ (0.1,0) [0|500] "V" CONTROLLER
     SG_ Current : 16|16@1+ (0.1,0) [0|1000] "A" CONTROLLER
     SG_ Closed0 : 32|1@1+ (1,0) [0|1] "" CONTROLLER
     SG_ Closed1 : 33|1@1+ (1,0) [0|1] "" CONTROLLER
     SG_ Closed2 : 34|1@1+ (1,0) [0|1] "" CONTROLLER
     SG_ Tripped0 : 36|1@1+ (1,0) [0|1] "" CONTROLLER
     SG_ Tripped1 : 37|1@1+ (1,0) [0|1] "" CONTROLLER
     SG_ Tripped2 : 38|1@1+ (1,0) [0|1] "" CONTROLLER

    BO_ 769 Power: 8 POWER
     SG_ ActivePower : 0|32@1- (1,0) [0|1000] "kW" CONTROLLER
     SG_ Energy : 32|32@1+ (0.001,0) [0|4294967] "kW.h" CONTROLLER

    CM_ "The pumping station of iiotctl simulate. All values are made up.";
    CM_ BU_ DRIVE1 "Variable-speed drive of pump P1";
    CM_ BU_ DRIVE2 "Variable-speed drive of pump P2";
    CM_ BU_ CONTROLLER "Controller with the level meters of T1 and T2";
    CM_ BU_ POWER "Breakers Q0, Q1 and Q2 with their meter";
    CM_ SG_ 512 Level1 "Lower tank, from which the pumps lift";
    CM_ SG_ 512 Level2 "Upper tank, from which the consumers draw";

    BA_DEF_ BO_ "GenMsgCycleTime" INT 0 60000;
    BA_DEF_DEF_ "GenMsgCycleTime" 0;
    BA_ "GenMsgCycleTime" BO_ 256 20;
    BA_ "GenMsgCycleTime" BO_ 257 20;
    BA_ "GenMsgCycleTime" BO_ 2566852609 250;
    BA_ "GenMsgCycleTime" BO_ 2566852610 250;
    BA_ "GenMsgCycleTime" BO_ 512 100;
    BA_ "GenMsgCycleTime" BO_ 768 100;
    BA_ "GenMsgCycleTime" BO_ 769 500;

    VAL_ 256 State 0 "Stopped" 1 "Starting" 2 "Running" 3 "Stopping" 4 "Jammed" 5 "Tripped" ;
    VAL_ 257 State 0 "Stopped" 1 "Starting" 2 "Running" 3 "Stopping" 4 "Jammed" 5 "Tripped" ;

    SIG_VALTYPE_ 769 ActivePower : 1;

    """#
}
