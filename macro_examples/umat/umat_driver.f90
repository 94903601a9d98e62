!> Drives the user material as a finite element program does: a path of mixed strain in increments, once in
!! 3D and once in plane strain, and prints the last stresses, tangent and gap. With the argument restart the
!! analysis begins as a restarted one does.
program umat_driver
  implicit none
  integer, parameter :: n_increments = 4
  ! The order of Abaqus, 11 22 33 12 13 23, shear as engineering strains.
  real(8), parameter :: mixed(6) = [1d-3, -2d-4, 5d-4, 2d-4, -3d-4, 1d-4]
  real(8) :: time(2)
  character(8) :: argument

  time = 0
  call get_command_argument(1, argument)
  call uexternaldb(merge(4, 0, argument == 'restart'), 0, time, 0d0, 1, 0)
  call drive(6, mixed)
  call drive(4, [1d-3, -2d-4, 0d0, 2d-4])
  call uexternaldb(3, 0, time, 0d0, 1, 0)

contains

  subroutine drive(ntens, last)
    integer, intent(in) :: ntens
    real(8), intent(in) :: last(ntens)
    integer :: i, jstep(4)
    real(8) :: stress(ntens), statev(1), ddsdde(ntens, ntens), sse, spd, scd, rpl, ddsddt(ntens), drplde(ntens)
    real(8) :: drpldt, stran(ntens), dstran(ntens), predef(1), dpred(1), props(1), coords(3), drot(3, 3), pnewdt
    real(8) :: dfgrd0(3, 3), dfgrd1(3, 3)
    character(80) :: cmname

    cmname = 'composite'
    stress = 0; statev = 0; sse = 0; spd = 0; scd = 0; rpl = 0; drpldt = 0; predef = 0; dpred = 0; props = 0
    coords = 0; drot = 0; pnewdt = 1; dfgrd0 = 0; dfgrd1 = 0; jstep = 1
    dstran = last / n_increments
    do i = 1, n_increments
      stran = (i - 1) * dstran
      call umat(stress, statev, ddsdde, sse, spd, scd, rpl, ddsddt, drplde, drpldt, stran, dstran, time, 1d0, &
                0d0, 0d0, predef, dpred, cmname, 3, ntens - 3, ntens, 1, props, 1, coords, drot, pnewdt, &
                1d0, dfgrd0, dfgrd1, 1, 1, 0, 0, jstep, i)
    end do
    print '(6es25.16)', stress
    do i = 1, ntens
      print '(6es25.16)', ddsdde(:, i)
    end do
    print '(2es25.16)', statev(1), sse
  end subroutine drive
end program umat_driver
