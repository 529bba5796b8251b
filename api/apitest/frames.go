package apitest

import (
	"fmt"
	"time"

	"github.com/houzhen/houzhen"
	"github.com/houzhen/houzhen/internal/board"
	"github.com/houzhen/houzhen/queue"
)

func ms(minutes int) int64 { return Now().Add(time.Duration(minutes) * time.Minute).UnixMilli() }

func sampleBoards(n names) Boards {
	return Boards{Zone: zone(n), Door: door(n), Strip: strip(n), Position: position(n), Desk: desk(n)}
}

func masked(n names, i int) string { return houzhen.MaskName(n.Patients[i%len(n.Patients)]) }

func label(prefix string, no int) string { return queue.Label(prefix, no) }

func position(n names) board.Position {
	return board.Position{
		Appointment: "a1", Label: "A032", State: string(queue.Waiting), Ahead: 5, Lo: ms(8), Hi: ms(28), NowCalled: "A027", Room: "3",
		Zone: n.Zones[0].Name, Doctor: n.Doctors[0].Name, Title: n.Doctors[0].Title, Department: n.Departments[0].Name, Number: 32,
		SliceStart: ms(-12), SliceEnd: ms(18), Reason: board.Reason{Code: queue.ReasonMissedAfter, Args: map[string]string{"n": "3"}},
		Leave: board.Leave{Advise: board.AdviseWait, At: ms(3), Travel: 25}, Desk: string(queue.DeskSeeing), CheckedInAt: ms(-40), At: ms(0), Version: 12,
	}
}

func zone(n names) board.Zone {
	z := board.Zone{ID: "z1", Here: "code", Zone: n.Zones[0].Name, Missed: []string{"A021", "B108", "C016"}, At: ms(0)}
	for i := range 8 {
		d, prefix := n.Doctors[i%len(n.Doctors)], string(rune('A'+i))
		r := board.Row{
			Session: fmt.Sprintf("s%d", i+1), Room: fmt.Sprint(i + 3), Doctor: d.Name, Title: d.Title, Class: "named", NowIn: i != 0,
			Now: &board.Person{Label: label(prefix, 31+i), Name: masked(n, i)}, Waiting: 12 - i, Desk: string(queue.DeskSeeing),
			Ready: []board.Person{{Label: label(prefix, 32+i), Name: masked(n, i+1)}, {Label: label(prefix, 33+i), Name: masked(n, i+2)}},
		}
		switch i {
		case 2:
			r.Desk, r.Until, r.Reason = string(queue.DeskPaused), ms(10), board.Reason{Code: "short"}
		case 5:
			r.Desk, r.Now, r.Ready = "suspended", nil, nil
		case 6:
			r.Desk, r.Now, r.Ready, r.Waiting = string(queue.DeskIdle), nil, nil, 3
		}
		z.Rows = append(z.Rows, r)
	}
	z.Call = &board.Call{Seq: 3, Label: "A031", Name: masked(n, 0), Room: "3", At: ms(0)}
	return z
}

func door(n names) board.Door {
	return board.Door{Row: zone(n).Rows[0], RoomID: "r3", Department: n.Departments[0].Name, Missed: []string{"A021"}, At: ms(0)}
}

func strip(n names) board.Strip {
	return board.Strip{
		Session: "s1", Doctor: n.Doctors[0].Name, Department: n.Departments[0].Name, Room: "3", Desk: string(queue.DeskSeeing), Start: ms(-132), End: ms(48),
		Now:     &board.Seat{Ticket: "t1", Appointment: "a1", Label: "A031", Name: masked(n, 0), State: string(queue.InConsult), Since: ms(-8), SameName: true},
		Next:    &board.Seat{Ticket: "t2", Label: "A032", Name: masked(n, 1), Reason: board.Reason{Code: queue.ReasonInOrder}, Note: "左耳听力差"},
		Missed:  []board.Seat{{Ticket: "t3", Label: "A021", Name: masked(n, 2)}, {Ticket: "t4", Label: "A025", Name: masked(n, 3)}},
		Waiting: 12, Seen: 9, Counts: board.Counts{Booked: 30, Arrived: 23, Absent: 4, Missed: 2}, At: ms(0),
	}
}

func desk(n names) board.Desk {
	d := board.Desk{ID: "z1", Zone: n.Zones[0].Name, At: ms(0)}
	states := []queue.State{queue.InConsult, queue.Called, queue.Ready, queue.Ready, queue.Waiting, queue.Waiting, queue.Waiting, queue.Missed, queue.NotCheckedIn}
	for i := range 3 {
		doctor, prefix := n.Doctors[i], string(rune('A'+i))
		q := board.DeskQueue{Session: fmt.Sprintf("s%d", i+1), Doctor: doctor.Name, Room: fmt.Sprint(i + 3), Desk: string(queue.DeskSeeing)}
		for j, state := range states {
			l := board.Line{
				Ticket: fmt.Sprintf("t%d%d", i, j), Session: q.Session, Appointment: "a1", Label: label(prefix, 20+j), Name: masked(n, i+j), State: string(state),
				Lane: string(queue.LaneNormal), SliceStart: ms(-30 + j*10), SliceEnd: ms(j * 10), Since: ms(-j), SameName: i == 0 && j == 4,
				Reason: board.Reason{Code: queue.ReasonInOrder},
			}
			if j == 5 {
				l.Lane, l.Reason = string(queue.LaneLate), board.Reason{Code: queue.ReasonLateInterval, Args: map[string]string{"n": "2"}}
			}
			q.Tickets = append(q.Tickets, l)
			if state == queue.NotCheckedIn {
				d.Absent = append(d.Absent, l)
			}
		}
		d.Queues = append(d.Queues, q)
	}
	d.Queues[2].Desk, d.Queues[2].Until = string(queue.DeskPaused), ms(8)
	return d
}
