use privacy::disclosure::*;
#[test]
fn it_runs() {
    let t = Table::of_counts("t", vec![Dimension::of_codes("a", ["x","y"]), Dimension::of_codes("b", ["u","v"])], &[20, 3, 30, 40]).unwrap();
    let r = judge(&t, &[], &Limits::default()).unwrap();
    println!("{r:#?}");
    let p = propose(&t, &Limits::default()).unwrap();
    println!("{:?}", judge(&p.table, &[], &Limits::default()).unwrap());
}
