package realtime_test

const idleServerEnv = "HOUZHEN_REALTIME_IDLE_SERVER"

func idleServer() int { return 0 }
