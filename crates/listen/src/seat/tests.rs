#![allow(clippy::unwrap_used)]

use super::*;

fn address(last: u8) -> IpAddr {
    IpAddr::from([127, 0, 0, last])
}

/// Whether a seat was given away.
async fn is_gone(seat: &Seat) -> bool {
    tokio::time::timeout(Duration::ZERO, seat.given_away()).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn who_waited_longest_of_the_most_gives_way() {
    let seats = Seats::new(4);
    let mut sitting = Vec::new();
    for last in [1, 2, 2, 3] {
        let room = seats.room().await.unwrap();
        sitting.push(seats.seat(address(last), room));
    }
    let full = Arc::clone(&seats);
    let fifth = tokio::spawn(async move { full.room().await });
    tokio::task::yield_now().await;
    let mut gone = Vec::new();
    for seat in &sitting {
        gone.push(is_gone(seat).await);
    }
    assert_eq!(gone, [false, true, false, false]);
    // Its request came too late; nothing of it is done.
    assert!(sitting[1].begin().is_none());
    sitting.remove(1);
    assert!(fifth.await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_request_in_flight_keeps_its_seat_and_a_moment_more() {
    let seats = Seats::new(1);
    let seat = seats.seat(address(1), seats.room().await.unwrap());
    let busy = seat.begin().unwrap();
    let full = Arc::clone(&seats);
    let next = tokio::spawn(async move { full.room().await });
    tokio::time::sleep(SETTLE * 10).await;
    assert!(!is_gone(&seat).await);
    drop(busy);
    assert!(!is_gone(&seat).await, "its answer may be on its way");
    tokio::time::sleep(SETTLE * 3).await;
    assert!(is_gone(&seat).await);
    drop(seat);
    assert!(next.await.unwrap().is_some());
    assert!(seats.lock().seats.is_empty() && seats.lock().per_address.is_empty());
}

#[tokio::test]
async fn one_address_waits_on_half_of_the_seats_at_most() {
    let seats = Seats::new(8);
    let mut sitting = Vec::new();
    for _ in 0..6 {
        let room = seats.room().await.unwrap();
        sitting.push(seats.seat(address(1), room));
    }
    let mut gone = 0;
    for seat in &sitting {
        gone += usize::from(is_gone(seat).await);
    }
    assert_eq!(gone, 2);
    assert_eq!(seats.lock().per_address.get(&address(1)), Some(&4));
}

#[tokio::test]
async fn a_system_without_room_lets_some_of_who_waits_go_and_nobody_else() {
    let seats = Seats::new(64);
    let mut sitting = Vec::new();
    for last in 0..20 {
        let room = seats.room().await.unwrap();
        sitting.push(seats.seat(address(last), room));
    }
    let busy: Vec<_> = sitting.iter().take(10).map(|seat| seat.begin().unwrap()).collect();
    seats.make_room();
    for (number, seat) in sitting.iter().enumerate() {
        assert_eq!(is_gone(seat).await, number >= 10, "{number}");
    }
    drop(busy);
}

/// Goal: who was answered a moment ago shields nobody. Method: a busy address with the most seats, and a silent one with fewer.
#[tokio::test(start_paused = true)]
async fn of_those_who_may_go_the_address_with_most_gives_way() {
    let seats = Seats::new(8);
    let mut sitting = Vec::new();
    for last in [1, 1, 1, 1, 2, 3, 3, 2] {
        let room = seats.room().await.unwrap();
        sitting.push(seats.seat(address(last), room));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let full = Arc::clone(&seats);
    let ninth = tokio::spawn(async move { full.room().await });
    // A proxy in use: its connections are never silent for as long as an answer may need.
    for seat in &sitting[..4] {
        drop(seat.begin());
    }
    tokio::task::yield_now().await;
    let mut gone = Vec::new();
    for seat in &sitting {
        gone.push(is_gone(seat).await);
    }
    // Of two addresses with as many, the one that waited longest.
    assert_eq!(gone, [false, false, false, false, true, false, false, false]);
    sitting.remove(4);
    assert!(ninth.await.unwrap().is_some());
    assert_eq!(seats.lock().seats.len(), sitting.len());
}

/// Goal: an answer's last bytes are never cut off by the next answer of its address. Method: above half of the seats, all answered just now.
#[tokio::test(start_paused = true)]
async fn an_answer_on_its_way_is_no_reason_to_end_another() {
    let seats = Seats::new(4);
    let mut sitting = Vec::new();
    for _ in 0..2 {
        sitting.push(seats.seat(address(1), seats.room().await.unwrap()));
    }
    let busy: Vec<_> = sitting.iter().map(|seat| seat.begin().unwrap()).collect();
    for _ in 0..2 {
        let seat = seats.seat(address(1), seats.room().await.unwrap());
        drop(seat.begin().unwrap());
        sitting.push(seat);
    }
    drop(busy);
    for seat in &sitting {
        assert!(!is_gone(seat).await);
    }
    // Once they have settled, the next one that waits ends the one that waited longest.
    tokio::time::sleep(SETTLE).await;
    drop(sitting[0].begin().unwrap());
    let mut gone = Vec::new();
    for seat in &sitting {
        gone.push(is_gone(seat).await);
    }
    assert_eq!(gone, [false, false, true, false]);
}
