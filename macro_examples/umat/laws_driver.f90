!> Drives the user material of umat_laws.f90 as a finite element program does: two integration points of an
!! element, loaded, unloaded and loaded in reverse, in plane strain the second. Each increment is asked for twice,
!! first with another strain, as iterations do; the second increment is tried with a time step that is twice as
!! long before. Prints stress and, at the first point, tangent at the end of each increment, then the state
!! variables. With the argument restart the analysis ends in its middle and is continued by another one.
program laws_driver
  implicit none
  integer, parameter :: n_increments = 6
  ! The order of Abaqus, 11 22 33 12 13 23, shear as engineering strains, and how far each increment goes.
  real(8), parameter :: direction(6) = [1d0, -4d-1, -3.5d-1, 2d-1, -3d-1, 1d-1]
  real(8), parameter :: plane(4) = [1d0, -4d-1, 0d0, 2d-1]
  real(8), parameter :: factor(0:n_increments) = [0d0, 5d-4, 3d-3, 6d-3, 4d-3, 1d-3, -4d-3]
  real(8) :: time(2), statev(2, 2)
  character(8) :: argument
  integer :: i

  call get_command_argument(1, argument)
  time = 0
  statev = 0
  call uexternaldb(0, 0, time, 0d0, 1, 0)
  do i = 1, n_increments
    time = i - 1
    call uexternaldb(1, 0, time, 1d0, 1, i)
    call drive(i)
    if (argument /= 'restart' .or. i /= n_increments / 2) cycle
    call uexternaldb(2, 1, time, 1d0, 1, i)
    call uexternaldb(3, 0, time, 1d0, 1, i)
    call uexternaldb(4, 0, time, 1d0, 1, i)
  end do
  print '(2es25.16)', statev
  call uexternaldb(3, 0, time, 0d0, 1, n_increments)

contains

  subroutine drive(increment)
    integer, intent(in) :: increment
    real(8) :: begin, end
    begin = factor(increment - 1)
    end = factor(increment)
    if (increment == 2) call ask(1, 6, 2d0, begin * direction, 5d-3 * direction, .false.)
    call ask(1, 6, 1d0, begin * direction, (1.2d0 * end - begin) * direction, .false.)
    call ask(2, 4, 1d0, begin * plane, 5d-1 * (end - begin) * plane, .false.)
    call ask(1, 6, 1d0, begin * direction, (end - begin) * direction, .true.)
    call ask(2, 4, 1d0, begin * plane, (end - begin) * plane, .true.)
  end subroutine drive

  subroutine ask(npt, ntens, dtime, stran, dstran, print_it)
    integer, intent(in) :: npt, ntens
    real(8), intent(in) :: dtime, stran(ntens), dstran(ntens)
    logical, intent(in) :: print_it
    integer :: c, jstep(4)
    real(8) :: stress(ntens), ddsdde(ntens, ntens), sse, spd, scd, rpl, ddsddt(ntens), drplde(ntens), drpldt
    real(8) :: predef(1), dpred(1), props(1), coords(3), drot(3, 3), pnewdt, dfgrd0(3, 3)
    real(8) :: dfgrd1(3, 3)
    character(80) :: cmname

    cmname = 'composite'
    stress = 0; ddsdde = 0; sse = 0; spd = 0; scd = 0; rpl = 0; ddsddt = 0; drplde = 0; drpldt = 0; predef = 0
    dpred = 0; props = 0; coords = 0; drot = 0; pnewdt = 1; dfgrd0 = 0; dfgrd1 = 0; jstep = 1
    call umat(stress, statev(:, npt), ddsdde, sse, spd, scd, rpl, ddsddt, drplde, drpldt, stran, dstran, time, &
              dtime, 0d0, 0d0, predef, dpred, cmname, 3, ntens - 3, ntens, 2, props, 0, coords, drot, pnewdt, &
              1d0, dfgrd0, dfgrd1, 17, npt, 0, 0, jstep, nint(time(2)) + 1)
    if (.not. print_it) return
    if (pnewdt < 1) error stop 'laws_driver: a point asks for a shorter increment'
    print '(6es25.16)', stress
    if (npt > 1) return
    do c = 1, ntens
      print '(6es25.16)', ddsdde(:, c)
    end do
  end subroutine ask
end program laws_driver
