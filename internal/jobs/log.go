package jobs

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogRedis sends what the Redis client has to say, which it otherwise prints,
// to log. It sets a variable of the client's package: cmd/ calls it once,
// before there is any client.
func LogRedis(log *slog.Logger) { redis.SetLogger(redisLog{log}) }

type redisLog struct{ log *slog.Logger }

// Printf logs a line.
func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.WarnContext(ctx, "redis client says", "line", fmt.Sprintf(format, v...))
}

// asynqLog writes asynq's lines to slog. They name tasks by kind and id and
// hold the texts of errors, which are free of personal data as everywhere.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) line(level slog.Level, args []any) {
	l.log.Log(context.Background(), level, "asynq says", "line", fmt.Sprint(args...))
}

// Debug logs a line.
func (l asynqLog) Debug(args ...any) { l.line(slog.LevelDebug, args) }

// Info logs a line.
func (l asynqLog) Info(args ...any) { l.line(slog.LevelInfo, args) }

// Warn logs a line.
func (l asynqLog) Warn(args ...any) { l.line(slog.LevelWarn, args) }

// Error logs a line.
func (l asynqLog) Error(args ...any) { l.line(slog.LevelError, args) }

// Fatal logs a line; asynq calls it in commands of its own only, never from a
// server.
func (l asynqLog) Fatal(args ...any) { l.line(slog.LevelError, args) }
